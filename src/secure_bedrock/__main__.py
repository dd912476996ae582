"""`python -m secure_bedrock` is the console script."""

if __name__ == "__main__":
    from secure_bedrock.cli.main import run

    run()
