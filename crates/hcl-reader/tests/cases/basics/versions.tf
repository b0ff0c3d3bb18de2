terraform {
  required_version = ">= 1.5"
  required_providers {
    example = {
      source  = "acme/example"
      version = "~> 2.1"
    }
  }
}
