provider "declared" {
  version = "~> 2.0"
}

provider "only_here" {
  version = "~> 3.0"
}

terraform {
  required_providers {
    declared = ">= 1.0"
  }
}

resource "declared_thing" "a" {}
resource "implied_thing" "a" {}
