region = "eu-west-1"
models = ["eu.amazon.nova-lite-v1:0"]
[network]
cidrs = ["10.20.0.0/16"]
[network.endpoints.ec2]
addresses = ["10.20.0.4"]
host = "ec2.eu-west-1.amazonaws.com"
