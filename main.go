// Retake takes a Twilio account back from whoever took it over: see README.md.
package main

import (
	"os"

	"retake/tui/line"
)

// version is what retake --version prints.
const version = "0.1.0"

func main() { os.Exit(line.Main(os.Args[1:], version)) }
