{% if x %}
variable "d" {}
{% endif %}
variable "e" { default = {{ value }} }
