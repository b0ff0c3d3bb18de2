terraform {
  required_providers {
    example = {
      source                = "acme/example"
      version               = ">= 1.0"
      configuration_aliases = [example.east, example.west]
    }
  }
}

provider "example" {
  alias = "east"
}

provider "example" {
  alias = ""
}

provider "another" {}
