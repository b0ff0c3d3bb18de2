variable "a" {
  type        = true
  description = true
  sensitive   = "true"
}

output "b" {
  description = 12
  value       = 1
}

module "c" {
  source  = true
  version = 1.5
}

resource "example_host" "d" {
  provider = true
}

terraform {
  required_providers {
    number = 1.5
    object = { version = 2 }
  }
}
