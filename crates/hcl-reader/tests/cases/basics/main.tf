# A comment before everything.
variable "region" {
  description = "Where it runs." // behind a value
  type        = string
  default     = "north-1"
}

variable "size" { type = number }

output "url" {
  description = "Where it answers."
  value       = "https://${example_host.main.name}"
  sensitive   = true
}

resource "example_host" "main" {
  name = var.region

  disk {
    size = 10
    label "inner" { name = "x" }
  }
}

locals {
  variable = "not a block"
}

moved {
  from = example_host.old
  to   = example_host.main
}
