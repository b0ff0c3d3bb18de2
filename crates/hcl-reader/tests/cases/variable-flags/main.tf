variable "a" {
  sensitive = true
  nullable  = false
  ephemeral = true
}

variable "b" {
  sensitive = false
  nullable  = true
  ephemeral = null
}

output "c" {
  value     = 1
  ephemeral = true
}
