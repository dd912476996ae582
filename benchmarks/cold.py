"""What a fresh process does once: import, client, first converse. Run by compare.py, never imported."""

import sys

kind, policy, url, ca_path, region = sys.argv[1:]
MODEL = "anthropic.claude-3-haiku-20240307-v1:0"

if kind == "raw":
    import boto3

    client = boto3.client("bedrock-runtime", region_name=region, endpoint_url=url, verify=ca_path)
    reply = client.converse(modelId=MODEL, messages=[{"role": "user", "content": [{"text": "Hi"}]}])
    print(reply["output"]["message"]["content"][0]["text"])
else:
    from secure_bedrock import SecureBedrockClient

    print(SecureBedrockClient(policy).converse(MODEL, "Hi").text)
