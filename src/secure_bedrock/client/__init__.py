"""What users hold: the typed client, and hardened botocore clients and sessions."""

from secure_bedrock.client.bedrock import SecureBedrockClient
from secure_bedrock.client.streams import ConverseStream, InvokeModelStream

__all__ = ["ConverseStream", "InvokeModelStream", "SecureBedrockClient"]
