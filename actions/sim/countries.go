package sim

import "strings"

// country is one line of the list of dialing permissions. Twilio lists Canada
// with the United States, and has no line for places without telephones.
type country struct {
	iso, name, continent string
	codes                []string
}

// continents holds the countries of each continent: ISO code, calling codes,
// name.
var continents = []struct{ name, countries string }{
	{"AFRICA", "DZ 213 Algeria|AO 244 Angola|BJ 229 Benin|BW 267 Botswana|BF 226 Burkina Faso|BI 257 Burundi|CM 237 Cameroon|" +
		"CV 238 Cape Verde|CF 236 Central African Republic|TD 235 Chad|KM 269 Comoros|CG 242 Congo|CD 243 Congo, Democratic Republic|" +
		"CI 225 Ivory Coast|DJ 253 Djibouti|EG 20 Egypt|GQ 240 Equatorial Guinea|ER 291 Eritrea|SZ 268 Eswatini|ET 251 Ethiopia|" +
		"GA 241 Gabon|GM 220 Gambia|GH 233 Ghana|GN 224 Guinea|GW 245 Guinea-Bissau|KE 254 Kenya|LS 266 Lesotho|LR 231 Liberia|" +
		"LY 218 Libya|MG 261 Madagascar|MW 265 Malawi|ML 223 Mali|MR 222 Mauritania|MU 230 Mauritius|YT 262 Mayotte|MA 212 Morocco|" +
		"MZ 258 Mozambique|NA 264 Namibia|NE 227 Niger|NG 234 Nigeria|RE 262 Reunion|RW 250 Rwanda|SH 290 Saint Helena|" +
		"ST 239 Sao Tome and Principe|SN 221 Senegal|SC 248 Seychelles|SL 232 Sierra Leone|SO 252 Somalia|ZA 27 South Africa|" +
		"SS 211 South Sudan|SD 249 Sudan|TZ 255 Tanzania|TG 228 Togo|TN 216 Tunisia|UG 256 Uganda|ZM 260 Zambia|ZW 263 Zimbabwe"},
	{"ASIA", "AF 93 Afghanistan|AM 374 Armenia|AZ 994 Azerbaijan|BH 973 Bahrain|BD 880 Bangladesh|BT 975 Bhutan|BN 673 Brunei|" +
		"KH 855 Cambodia|CN 86 China|GE 995 Georgia|HK 852 Hong Kong|IN 91 India|ID 62 Indonesia|IR 98 Iran|IQ 964 Iraq|IL 972 Israel|" +
		"JP 81 Japan|JO 962 Jordan|KZ 7 Kazakhstan|KP 850 North Korea|KR 82 South Korea|KW 965 Kuwait|KG 996 Kyrgyzstan|LA 856 Laos|" +
		"LB 961 Lebanon|MO 853 Macao|MY 60 Malaysia|MV 960 Maldives|MN 976 Mongolia|MM 95 Myanmar|NP 977 Nepal|OM 968 Oman|" +
		"PK 92 Pakistan|PS 970 Palestinian Territories|PH 63 Philippines|QA 974 Qatar|SA 966 Saudi Arabia|SG 65 Singapore|" +
		"LK 94 Sri Lanka|SY 963 Syria|TW 886 Taiwan|TJ 992 Tajikistan|TH 66 Thailand|TL 670 Timor-Leste|TR 90 Turkey|" +
		"TM 993 Turkmenistan|AE 971 United Arab Emirates|UZ 998 Uzbekistan|VN 84 Vietnam|YE 967 Yemen"},
	{"EUROPE", "AL 355 Albania|AD 376 Andorra|AT 43 Austria|BY 375 Belarus|BE 32 Belgium|BA 387 Bosnia and Herzegovina|BG 359 Bulgaria|" +
		"HR 385 Croatia|CY 357 Cyprus|CZ 420 Czech Republic|DK 45 Denmark|EE 372 Estonia|FO 298 Faroe Islands|FI 358 Finland|" +
		"FR 33 France|DE 49 Germany|GI 350 Gibraltar|GR 30 Greece|HU 36 Hungary|IS 354 Iceland|IE 353 Ireland|IT 39 Italy|" +
		"LV 371 Latvia|LI 423 Liechtenstein|LT 370 Lithuania|LU 352 Luxembourg|MT 356 Malta|MD 373 Moldova|MC 377 Monaco|" +
		"ME 382 Montenegro|NL 31 Netherlands|MK 389 North Macedonia|NO 47 Norway|PL 48 Poland|PT 351 Portugal|RO 40 Romania|" +
		"RU 7 Russia|SM 378 San Marino|RS 381 Serbia|SK 421 Slovakia|SI 386 Slovenia|ES 34 Spain|SE 46 Sweden|CH 41 Switzerland|" +
		"UA 380 Ukraine|GB 44 United Kingdom|VA 379 Vatican City"},
	{"NORTH_AMERICA", "AI 1264 Anguilla|AG 1268 Antigua and Barbuda|AW 297 Aruba|BS 1242 Bahamas|BB 1246 Barbados|BZ 501 Belize|" +
		"BM 1441 Bermuda|BQ 599 Caribbean Netherlands|KY 1345 Cayman Islands|CR 506 Costa Rica|CU 53 Cuba|CW 599 Curacao|" +
		"DM 1767 Dominica|DO 1809,1829,1849 Dominican Republic|SV 503 El Salvador|GL 299 Greenland|GD 1473 Grenada|" +
		"GP 590 Guadeloupe|GT 502 Guatemala|HT 509 Haiti|HN 504 Honduras|JM 1876,1658 Jamaica|MQ 596 Martinique|MX 52 Mexico|" +
		"MS 1664 Montserrat|NI 505 Nicaragua|PA 507 Panama|PR 1787,1939 Puerto Rico|KN 1869 Saint Kitts and Nevis|LC 1758 Saint Lucia|" +
		"PM 508 Saint Pierre and Miquelon|VC 1784 Saint Vincent and the Grenadines|SX 1721 Sint Maarten|TT 1868 Trinidad and Tobago|" +
		"TC 1649 Turks and Caicos Islands|US 1 United States/Canada|VG 1284 Virgin Islands, British|VI 1340 Virgin Islands, U.S."},
	{"OCEANIA", "AS 1684 American Samoa|AU 61 Australia|CK 682 Cook Islands|FJ 679 Fiji|PF 689 French Polynesia|GU 1671 Guam|" +
		"KI 686 Kiribati|MH 692 Marshall Islands|FM 691 Micronesia|NR 674 Nauru|NC 687 New Caledonia|NZ 64 New Zealand|NU 683 Niue|" +
		"NF 672 Norfolk Island|MP 1670 Northern Mariana Islands|PW 680 Palau|PG 675 Papua New Guinea|WS 685 Samoa|SB 677 Solomon Islands|" +
		"TK 690 Tokelau|TO 676 Tonga|TV 688 Tuvalu|VU 678 Vanuatu|WF 681 Wallis and Futuna"},
	{"SOUTH_AMERICA", "AR 54 Argentina|BO 591 Bolivia|BR 55 Brazil|CL 56 Chile|CO 57 Colombia|EC 593 Ecuador|FK 500 Falkland Islands|" +
		"GF 594 French Guiana|GY 592 Guyana|PY 595 Paraguay|PE 51 Peru|SR 597 Suriname|UY 598 Uruguay|VE 58 Venezuela"},
}

// specialPrefixes are ranges of premium and shared-cost numbers, where the
// simulation has any.
var specialPrefixes = map[string][]string{
	"DE": {"+49137", "+49180", "+49900"}, "ES": {"+34803", "+34806", "+34905"}, "FR": {"+3389"}, "GB": {"+4470", "+4487", "+449"},
	"IE": {"+35315"}, "LT": {"+3708", "+37090"}, "LV": {"+37181", "+3719000"}, "MV": {"+9609"}, "SL": {"+23299"}, "SO": {"+25290"},
	"US": {"+1900"},
}

// countries is everything above in one list.
var countries = func() (out []country) {
	for _, c := range continents {
		for one := range strings.SplitSeq(c.countries, "|") {
			part := strings.SplitN(one, " ", 3)
			codes := strings.Split("+"+strings.ReplaceAll(part[1], ",", ",+"), ",")
			out = append(out, country{part[0], part[2], c.name, codes})
		}
	}
	return out
}()

func countryOf(iso string) (country, bool) {
	for _, c := range countries {
		if c.iso == iso {
			return c, true
		}
	}
	return country{}, false
}

// rank puts countries in the order of their ISO codes.
func (c country) rank() uint64 { return 1<<16 - uint64(c.iso[0])<<8 - uint64(c.iso[1]) }
