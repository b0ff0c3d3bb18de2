variable "a" {
  type        = string
  description = "The first."
  default     = "kept"
}

module "m" {
  source  = "acme/network/aws"
  version = "1.0.0"
}

resource "example_host" "h" {}

terraform {
  required_version = ">= 1.0"
  required_providers {
    example = {
      source  = "acme/example"
      version = "1.0.0"
    }
    other = {
      source = "acme/other"
    }
  }
}
