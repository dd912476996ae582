"""Where the private endpoint is: sources of facts, their agreement, and the route that follows."""

from secure_bedrock.discovery.facts import EndpointFacts, Nothing
from secure_bedrock.discovery.finder import RouteFinder
from secure_bedrock.discovery.providers import Provider

__all__ = ["EndpointFacts", "Nothing", "Provider", "RouteFinder"]
