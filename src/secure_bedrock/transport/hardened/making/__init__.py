"""Making a hardened client: boto3's arguments judged, botocore's class and our parts put together."""
