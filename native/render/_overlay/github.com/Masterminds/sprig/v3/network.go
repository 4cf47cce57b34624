package sprig

// getHostByName finds nothing: this program asks no server of names.
func getHostByName(string) string { return "" }
