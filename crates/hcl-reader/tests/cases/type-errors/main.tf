variable "a" {
  type        = ["string"]
  description = ["not", "text"]
  default     = 1
  sensitive   = "maybe"
  nullable    = var.x
}

module "b" {
  source  = { a = 1 }
  version = ["1.0"]
}

variable "two" "labels" {}

output {
  value = 1
}
