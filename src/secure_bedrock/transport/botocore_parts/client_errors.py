"""What an exception of a botocore client tells without its text, which repeats the caller."""


def code_of(error: Exception) -> str:
    """AWS's code where AWS answered, else the exception's own name."""
    answer = getattr(error, "response", None)
    code = answer.get("Error", {}).get("Code") if isinstance(answer, dict) else None
    return str(code or type(error).__name__)
