"""A keyword argument that there is not: a TypeError about the function that the user called, with the name meant."""

from collections.abc import Collection, Iterable

from secure_bedrock.values.nearest import nearest

# difflib's default of 0.6 names words that nobody meant; at 0.7 a slip, another spelling (`maxTokens`) and a half
# (`profile`) still find their name.
_CUTOFF = 0.7


def refuse_unknown(called: str, given: Iterable[str], known: Collection[str]) -> None:
    """Raise TypeError for the first name in `given` that `called` (`create_client()`) does not take."""
    unknown = next((name for name in given if name not in known), None)
    if unknown is None:
        return
    # Worded as Python 3.13 words its own.
    meant = nearest(unknown, known, cutoff=_CUTOFF)
    question = "" if meant is None else f". Did you mean {meant!r}?"
    raise TypeError(f"{called} got an unexpected keyword argument {unknown!r}{question}")
