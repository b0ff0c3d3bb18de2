variable "a" {
  description = "x" # y
  type = list(
    string)
  default = [
    1,
  ]
}

locals {
  a = [for
 x in y : x]
}

output "b" {
  description = <<-EOT
    one
    two
    EOT
}
