"""The words by which JSON of a model's own API names something, and those behind which stands content.

Such JSON has no table: every provider has its own, and they grow. So names that tell are looked for wherever they
stand, in any spelling of case, `_` and `-`.

Sources, all read 2026-11-20: "Complete request schema" and "Nova Reel", "Nova multimodal embeddings" of the Nova user
guide and "TwelveLabs" of the Bedrock user guide (`s3Location`, `s3Uri`, `systemTool`); Anthropic's Messages API (tools
by `type`, `mcp_servers`, sources of type `url`, `inference_geo`); OpenAI's Chat Completions and Responses APIs
(`image_url`, `file_url`, `server_url`, `web_search_options`); Cohere's Chat API (`connectors`); Mistral's
(`document_url`). Anthropic's Files API and containers, and OpenAI's files (`file_id`, `container`); Qwen's API
(`image`, `video`, `enable_search`); Luma's and MiniMax's video APIs (`callback_url`). What servers of open models take,
which stand behind Marketplace and imported models: vLLM's OpenAI-compatible server (`model`), llama.cpp's and LiteLLM's
(`draft_model`, `fallbacks`, `api_base`), OpenRouter's (`models`), Azure OpenAI's and its older SDKs' (`deployment_id`,
`engine`), Text Generation Inference's and LoRAX's (`adapter_id`, `adapter_source`, `merged_adapters`), DJL Serving's
(`adapters`), SGLang's (`lora_path`), TensorRT-LLM's (`lora_name`).
"""

import re
from collections.abc import Mapping
from typing import Final

from secure_bedrock.policy.operation.members import Kind
from secure_bedrock.policy.operation.tool_types import ANTHROPIC_CLIENT, FUNCTIONS, LOCAL
from secure_bedrock.policy.request.locations import LOCATED_IN_JSON

# Letters outside ASCII that some comparison without case takes for one of ASCII's: the long s, the Kelvin sign, and i
# with and without its dot (Unicode's CaseFolding.txt and UnicodeData.txt, read 2026-11-20).
ALIKE: Final = {"\u017f": "s", "\u212a": "k", "\u0130": "i", "\u0131": "i"}
_SPELT: Final = str.maketrans({**ALIKE, "_": "", "-": ""})


SPELT_ALIKE: Final = re.compile(
    "|".join(rf"{letter}|\\u(?i:{ord(letter):04x})" for letter in ALIKE).encode()
)
"""Finds one of these letters in JSON bytes: `TELLING` does not find a name that is written with it."""


def folded(name: str) -> str:
    """A member's name in the one spelling in which names are compared: no case, no `_`, no `-`."""
    return name.translate(_SPELT).lower()


# An adapter is other weights than the listed model's, and some servers fetch it from wherever its name says.
_MODELS: Final = (
    *("model", "model_id", "model_arn", "model_name", "models", "fallbacks"),
    *("draft_model", "draft_model_id", "draft_model_name", "speculative_model"),
    *("deployment", "deployment_id", "deployment_name", "engine", "engine_id"),
    *("adapter", "adapters", "adapter_id", "adapter_source", "merged_adapters"),
    *("lora", "lora_name", "lora_path", "lora_request"),
)
_S3: Final = ("s3_location", "s3_uri", "s3_url")
# May hold any scheme; `data:` is content itself, and `s3:` is a bucket.
_URLS: Final = (
    *("url", "uri", "audio_url", "document_url", "file_uri", "file_url", "image_url"),
    *("server_url", "video_url", "api_base", "base_url", "endpoint_url"),
    *("callback_url", "notify_url", "webhook", "webhook_url"),
)
_SERVERS: Final = ("mcp_servers",)
_HOSTED: Final = ("system_tool", "connectors", "web_search_options", "search_parameters")
_TOOLS: Final = ("tools",)
# The same at the top alone, where they ask for something; further down they are any provider's words.
_ASKED: Final = ("plugins", "enable_search", "enable_web_search", "web_search")
_KEPT: Final = ("container",)
_FILES: Final = ("file_id", "file_ids")
# Where the model is to run, at the top alone.
_PLACED: Final = ("inference_geo",)

KINDS: Final[Mapping[str, tuple[str, Kind]]] = {
    folded(name): (name, kind)
    for names, kind in (
        (_S3, Kind.S3),
        (_URLS, Kind.URL),
        (_SERVERS, Kind.URL),
        (_HOSTED, Kind.SYSTEM_TOOL),
        (_ASKED, Kind.SYSTEM_TOOL),
        (_KEPT + _FILES, Kind.KEPT),
        (_PLACED, Kind.UNKNOWN),
    )
    for name in names
}
"""By folded name: how this library writes it, and what its value names."""

MODEL_NAMES: Final = {folded(name): name for name in _MODELS}
"""Names of models, at the top and in `SETTINGS`: further down they are parts of other things."""

SETTINGS: Final = frozenset(
    map(
        folded,
        (
            *("parameters", "options", "settings", "extra_body", "additional_model_request_fields"),
            *("inference_config", "generation_config", "text_generation_config"),
            *("speculative_config", "sampling_params"),
        ),
    )
)
"""Objects at the top that hold a request's settings."""

OUTRIGHT: Final = frozenset(map(folded, _SERVERS + _HOSTED))
"""Whatever stands there."""
LOCATIONS: Final = frozenset(map(folded, _S3 + _URLS))
AT_TOP: Final = frozenset(map(folded, _ASKED + _KEPT + _PLACED))
KEPT_FILES: Final = frozenset(map(folded, _FILES))

MEDIA: Final = frozenset(
    {
        *("audio", "audios", "audiodata", "data", "document", "file", "filedata", "files"),
        *("image", "images", "imagedata", "initimage", "inputaudio", "inputimage", "inputvideo"),
        *("location", "mask", "maskimage", "media", "mediasource", "path", "referenceimage"),
        *("referenceimages", "source", "sources", "video", "videos", "videodata"),
        *("conditionimage", "controlimage", "sourceimage", "styleimage", "subjectimage"),
        *("firstframeimage", "lastframeimage", "endimage", "frames", "keyframes"),
    }
)
"""Hold content itself, or say where it is: judged where what they hold begins as a location does."""

CONTENT: Final = frozenset(
    {
        "inputexamples",
        "inputschema",
        "outputschema",
        "schema",
        "json",
        "parameterdefinitions",
        "toolcalls",
        "toolresults",
        "arguments",
        "annotations",
    }
)
"""Content: schemas that a model reads as text, what it called with what, what it answered from."""

CITED: Final = frozenset({"documents", "citations"})
"""What was answered from: an item's own text is content, `url` and `source` too, and an item that is a string (Cohere's
models read them); a part of a message inside an item is not."""

TEXTS: Final = frozenset({("text", "data"), ("search_result", "source")})
"""Types of what holds text under a name that elsewhere holds media, with that name."""

CALLS: Final = frozenset({"tool_use", "server_tool_use", "mcp_tool_use"})
"""Types of content blocks that repeat a call of a tool; `input` is what the model called it with."""

CALLERS_TYPES: Final = re.compile(
    "{}|(?:{})(?:_[0-9]+)?".format("|".join(FUNCTIONS + LOCAL), "|".join(ANTHROPIC_CLIENT)),
    re.ASCII,
)
"""Types of tools that the caller runs itself. Any other type runs at the provider, or is not known: web search and
fetch, MCP, code execution, a search among tools."""

DEFINES: Final = frozenset({"name", "toolspec", "cachepoint", "function"})
"""Where a tool has no type, one of these says that it is defined in the request."""

DEFINED: Final = DEFINES | {
    *("description", "parameters", "parameterdefinitions", "inputschema", "inputexamples"),
    *("cachecontrol", "strict", "deferloading", "allowedcallers", "eagerinputstreaming"),
    *("title", "annotations", "outputschema"),
}
"""All that a tool without a type may say: anything else could be a tool of the provider's own, with a name."""

_ALL: Final = sorted(
    {*_MODELS, *_S3, *_URLS, *_SERVERS, *_HOSTED, *_TOOLS, *_ASKED, *_KEPT, *_FILES, *_PLACED}
)
# A name with its colon; or, where no name but a value tells, the beginning of a string (not a quote inside one) that is
# a location or the type of an uploaded file.
TELLING: Final = re.compile(
    r'"(?i:(?=[a-z0-9_-]++"\s*:)(?:{})"|(?<!\\")(?:{}|file"))'.format(
        "|".join(name.replace("_", "[_-]*") for name in _ALL), LOCATED_IN_JSON
    ).encode("ascii")
)
"""Finds what tells in JSON bytes, without which they name nothing; escapes have to be looked for beside it."""
