"""`python -m secure_bedrock.cli` is the console script."""

from secure_bedrock.cli.main import run

if __name__ == "__main__":
    run()
