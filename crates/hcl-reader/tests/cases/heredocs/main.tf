variable "indented" {
  description = <<-EOT
    First.
      Second, indented.
   	
    Third with ${not_evaluated}.
  EOT
}

variable "escaped" {
  description = <<EOT
$${a} %%{b} "c" \n ${"${
  nested
}"}
  EOT is not the end
 EOT
}

variable "literal" {
  default = <<-EOT
      $${a}
    b
  EOT
}

variable "inside" {
  default = {
    text = <<EOT
  {{{ "
EOT
    after = 1
  }
}
