"""How bytes get to AWS and back; the only room that imports boto3, botocore and urllib3."""
