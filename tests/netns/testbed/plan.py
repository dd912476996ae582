"""The addresses and names of the three hosts: what is inside the VPC, and what is public."""

from secure_bedrock.testing.endpoint_names import endpoint_name, private_name

REGION = "eu-west-1"
MODEL = "anthropic.claude-3-haiku-20240307-v1:0"
ENDPOINT_NAME = endpoint_name("bedrock-runtime", REGION)
PRIVATE_NAME = private_name("bedrock-runtime", REGION)

# The VPC. Its IPv6 block is global unicast, as every VPC's is; only its owner can tell it from a public one.
VPC = "10.0.0.0/16"
VPC_V6 = "2600:1f18:aaaa:100::/56"
APP = "10.0.0.5"
APP_V6 = "2600:1f18:aaaa:100::5"
RESOLVER = "10.0.0.2"  # a VPC's own resolver is at its base plus two
OTHER_RESOLVER = "10.0.0.3"
ENI_A = "10.0.1.10"
ENI_B = "10.0.2.10"
ENI_NEW = "10.0.3.77"
ENI_V6 = "2600:1f18:aaaa:101::10"
ENIS = (ENI_A, ENI_B, ENI_NEW, ENI_V6)

# The public internet, over the application host's default route.
PUBLIC = "52.94.0.10"
PUBLIC_V6 = "2a05:d018::10"
PUBLIC_HOST = (PUBLIC, PUBLIC_V6)
APP_OUTSIDE = "198.51.100.2"
APP_OUTSIDE_V6 = "2001:db8:ffff::2"
GATEWAY = "198.51.100.1"
GATEWAY_V6 = "2001:db8:ffff::1"

HTTPS_PORT = 443
PROXY_PORT = 3128
