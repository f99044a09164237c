package sim

import (
	"fmt"
	"math/rand/v2"
)

// place is a country that is called or written to. Numbers come from ranges
// that the regulators keep for fiction where there are any; for the intruder's
// destinations there are none, and the numbers are merely not assigned.
type place struct {
	country string
	number  numbers
	message int64 // price of one segment, in millionths of a dollar
	minute  int64 // price of a minute
}

// numbers is a range of telephone numbers.
type numbers struct {
	format string
	n      int
}

func digits(format string, n int) numbers { return numbers{format, n} }

func (r numbers) draw(d *rand.Rand) string { return fmt.Sprintf(r.format, d.IntN(r.n)) }

var (
	home = []place{
		{"GB", digits("+447700900%03d", 1000), 42000, 28000},
		{"GB", digits("+441632960%03d", 1000), 42000, 15800},
		{"IE", digits("+353209100%03d", 1000), 72100, 30400},
	}
	neighbours = []place{
		{"FR", digits("+3363998%04d", 10000), 79800, 92000},
		{"DE", digits("+493023125%03d", 1000), 111000, 23000},
		{"US", digits("+121255501%02d", 100), 8300, 14000},
	}
	// Where messages that nobody expects go to.
	smished = []place{
		{"ID", digits("+62800%07d", 1e7), 409400, 150000},
		{"NG", digits("+234700%07d", 1e7), 289000, 230000}, // which the Console alone can close
	}
	// Where calls that nobody answers earn somebody money.
	tollFraud = []place{
		{"LV", digits("+3718100%04d", 1e4), 72000, 689000},
		{"LT", digits("+3708100%04d", 1e4), 72000, 612000},
		{"SO", digits("+2529000%04d", 1e4), 98000, 1012000},
		{"SL", digits("+2329900%04d", 1e4), 98000, 894000},
		{"MV", digits("+9609100%03d", 1e3), 61000, 1207000},
	}
)

// companyNumbers is where the company's own numbers come from.
var companyNumbers = []numbers{digits("+441632960%03d", 1000), digits("+447700900%03d", 1000), digits("+353209100%03d", 1000)}

var parcelTexts = []string{
	"Your parcel %06d is out for delivery today between 09:00 and 13:00.",
	"Harbour Parcel: %06d was left with your neighbour. Questions? Call us.",
	"Your code is %06d. We never ask for it by phone.",
	"Driver %06d is ten minutes away. Please have your ID ready.",
	"Thank you for choosing Harbour Parcel. Receipt %06d is on its way by e-mail.",
}

var smishTexts = []string{
	"Customs fee unpaid for parcel %06d. Pay within 2h: https://parcel-fee.example.com/p/%06d",
	"BANK ALERT: new device signed in. Not you? https://secure-login.test/v/%06d%06d",
	"You have won %06d! Claim: http://203.0.113.80/c?id=%06d",
}
