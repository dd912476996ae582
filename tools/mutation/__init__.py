"""Which small changes of the code do the tests notice?"""
