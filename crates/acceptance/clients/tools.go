//go:build tools

// Package clients pins the real clients that the acceptance tests drive.
package clients

import (
	_ "github.com/opentofu/opentofu/cmd/tofu"
)
