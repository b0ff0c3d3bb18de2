variable "a" {
  description = "The second."
}

module "m" {
  version = "2.0.0"
}

resource "example_host" "h" {
  provider = special
}

terraform {
  required_version = ">= 1.9"
  required_providers {
    example = {
      source  = "acme/example"
      version = "2.0.0"
    }
  }
}

variable "unknown" {}
