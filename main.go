// Retake takes a Twilio account back from whoever took it over.
package main

func main() {}
