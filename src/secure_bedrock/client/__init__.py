"""What users hold: the typed client, and hardened botocore clients and sessions."""

from secure_bedrock.client.bedrock import SecureBedrockClient

__all__ = ["SecureBedrockClient"]
