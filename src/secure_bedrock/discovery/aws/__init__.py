"""What is asked of AWS, over which clients, and what its answers say; or the AWS CLI's output in its place."""
