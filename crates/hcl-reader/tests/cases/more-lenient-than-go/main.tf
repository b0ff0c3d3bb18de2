locals {
  a = b.0.1
  b = [for]
}

variable "broken" {
  description = "not closed
  default     = "still read"
}

variable "end" {
  description = <<EOT
No line end after the marker.
EOT