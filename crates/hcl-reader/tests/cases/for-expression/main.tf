locals {
  names = [
    for name, host in var.hosts : upper(name)
    if host.enabled
  ]
  by_zone = { for host in var.hosts :
    host.zone => host...
  }
}

variable "list" { default = ["a", "b",] }

variable "flag" {
  default = false
}

variable "count" {
  default = 3
}
