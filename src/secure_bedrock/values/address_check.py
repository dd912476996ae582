"""How strictly an address is held against what is known of the endpoint."""

from typing import Literal

AddressCheck = Literal["eni", "cidr", "private"]
"""`eni`: one of the endpoint's interface addresses; `cidr`: inside the VPC's CIDRs; `private`: RFC 1918 or ULA."""
