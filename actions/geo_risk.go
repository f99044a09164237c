package actions

// risky are destinations that fraud is known for, by ISO code: those that
// Twilio's fraud guides name for calls, those whose messages only the Console
// opens (error 30649), and those that Telnyx names for pumping and toll fraud. It is a place to look first, no judgement:
// own traffic comes before it.
var risky = map[string]bool{
	"LV": true, "LT": true, "RS": true, "SO": true, "CD": true, "CG": true, "TD": true, "GM": true, "SL": true, "GN": true, "MV": true,
	"BD": true, "IL": true, "NG": true, "PK": true, "PS": true, "LK": true, "AZ": true, "TJ": true, "OM": true, "TN": true, "DZ": true,
	"CI": true, "GH": true, "ZM": true, "UG": true, "KH": true, "LA": true, "GY": true,
	// Islands of the Pacific and the Caribbean.
	"FJ": true, "KI": true, "NR": true, "PW": true, "SB": true, "TO": true, "TV": true, "VU": true, "WS": true, "PG": true, "CK": true, "NU": true, "TK": true, "WF": true,
	"AG": true, "AI": true, "BB": true, "BS": true, "CU": true, "DM": true, "GD": true, "JM": true, "KN": true, "KY": true, "LC": true, "MS": true, "SX": true, "TC": true, "TT": true, "VC": true, "VG": true,
}
