"""Which special-purpose ranges of IANA's registries can hold no endpoint?

Written by tools/generate_ranges.py from the copies in tools/iana, which say where they come from;
the dates are those of the allocations.
"""

from typing import Final

SPECIAL_V4: Final = (
    ("0.0.0.0/8", "this-network", "IANA registry: RFC 791 section 3.2, 1981-09"),
    ("127.0.0.0/8", "loopback", "IANA registry: RFC 1122 section 3.2.1.3, 1981-09"),
    ("169.254.0.0/16", "link-local", "IANA registry: RFC 3927, 2005-05"),
    ("192.0.0.0/24", "ietf-protocol", "IANA registry: RFC 6890 section 2.1, 2010-01"),
    ("192.0.2.0/24", "documentation", "IANA registry: RFC 5737, 2010-01"),
    ("192.31.196.0/24", "as112", "IANA registry: RFC 7535, 2014-12"),
    ("192.52.193.0/24", "amt", "IANA registry: RFC 7450, 2014-12"),
    ("192.88.99.0/24", "6to4-relay", "IANA registry: RFC 7526, 2001-06"),
    ("192.175.48.0/24", "as112", "IANA registry: RFC 7534, 1996-01"),
    ("198.18.0.0/15", "benchmarking", "IANA registry: RFC 2544, 1999-03"),
    ("198.51.100.0/24", "documentation", "IANA registry: RFC 5737, 2010-01"),
    ("203.0.113.0/24", "documentation", "IANA registry: RFC 5737, 2010-01"),
    ("240.0.0.0/4", "reserved", "IANA registry: RFC 1112 section 4, 1989-08"),
    ("255.255.255.255/32", "broadcast", "IANA registry: RFC 8190, RFC 919 section 7, 1984-10"),
)

SPECIAL_V6: Final = (
    ("::1/128", "loopback", "IANA registry: RFC 4291, 2006-02"),
    ("::/128", "unspecified", "IANA registry: RFC 4291, 2006-02"),
    ("::ffff:0:0/96", "ipv4-mapped", "IANA registry: RFC 4291, 2006-02"),
    ("64:ff9b::/96", "nat64", "IANA registry: RFC 6052, 2010-10"),
    ("64:ff9b:1::/48", "nat64-local", "IANA registry: RFC 8215, 2017-06"),
    ("100::/64", "discard-only", "IANA registry: RFC 6666, 2012-06"),
    ("100:0:0:1::/64", "dummy", "IANA registry: RFC 9780, 2025-04"),
    ("2001::/23", "ietf-protocol", "IANA registry: RFC 2928, 2000-09"),
    ("2001::/32", "teredo", "IANA registry: RFC 4380, RFC 8190, 2006-01"),
    ("2001:db8::/32", "documentation", "IANA registry: RFC 3849, 2004-07"),
    ("2002::/16", "6to4", "IANA registry: RFC 3056, 2001-02"),
    ("2620:4f:8000::/48", "as112", "IANA registry: RFC 7534, 2011-05"),
    ("3fff::/20", "documentation", "IANA registry: RFC 9637, 2024-07"),
    ("5f00::/16", "srv6-sid", "IANA registry: RFC 9602, 2024-04"),
    ("fe80::/10", "link-local", "IANA registry: RFC 4291, 2006-02"),
)
