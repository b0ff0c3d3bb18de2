variable "plain" {
  default = {
    x = 1
    x = 2
  }
}

variable "in_parentheses" {
  default = {
    ("k") = 1
    ("k") = 2
  }
}

output "after" { value = { (local.k) = 1, (local.k) = 2 } }
