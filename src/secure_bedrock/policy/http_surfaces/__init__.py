"""The OpenAI- and Anthropic-shaped APIs of Bedrock, which no service model of botocore's describes."""

from secure_bedrock.policy.http_surfaces.bodies import body_references
from secure_bedrock.policy.http_surfaces.table import (
    MANTLE,
    Surface,
    SurfaceMatch,
    match_surface,
    surface_operations,
    table_of,
)

__all__ = [
    "MANTLE",
    "Surface",
    "SurfaceMatch",
    "body_references",
    "match_surface",
    "surface_operations",
    "table_of",
]
