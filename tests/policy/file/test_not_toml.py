"""What is not TOML, or not a policy at all, is one problem with the line where there is one."""

import pytest

from secure_bedrock.errors import PolicyInvalid
from secure_bedrock.policy import Policy

NOT_TOML: dict[str, tuple[str, str, int | None]] = {
    "a value is missing": ('region = "eu-west-1"\nmodels =\n', "not TOML: Invalid value", 2),
    "text without quotes": (
        "region = eu-west-1\nmodels = []\n",
        "not TOML: Invalid value; text stands in quotes",
        1,
    ),
    "the text ends too early": ('region = "eu-west-1', "not TOML", None),
    "a key is there twice": (
        'region = "a"\nregion = "b"\n',
        "not TOML: Cannot overwrite a value",
        2,
    ),
    "a byte order mark": ('\ufeffregion = "eu-west-1"', "byte order mark", 1),
    "an absurd number": ("retry = { quota = " + "1" * 5000 + " }", "not TOML", None),
    "too many brackets": ("models = " + "[" * 100_000, "nested too deeply", None),
    "too deep for a policy": ("models = [[[[[[[[[[]]]]]]]]]]", "nested too deeply", None),
    "too long": ("# " + "x" * 1024 * 1024, "longer than 1 MiB", None),
}


@pytest.mark.parametrize("sentence", NOT_TOML)
def test_what_is_not_toml_is_one_problem(sentence: str) -> None:
    text, message, line = NOT_TOML[sentence]
    with pytest.raises(PolicyInvalid) as error:
        Policy.from_toml(text, file="p.toml")
    (problem,) = error.value.problems
    assert message in problem.message
    assert problem.file == "p.toml"
    assert problem.line == line or (line is None and sentence == "the text ends too early")
