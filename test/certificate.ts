/**
 * A self-signed certificate for `localhost` and 127.0.0.1, valid from 2020 to 2120, and its key. For tests only: the
 * key is public by standing here, so nothing but a test may ever trust it.
 */

export const testCertificate = `-----BEGIN CERTIFICATE-----
MIIBZDCCAQqgAwIBAgIBATAKBggqhkjOPQQDAjAUMRIwEAYDVQQDDAlsb2NhbGhv
c3QwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMBQxEjAQBgNVBAMM
CWxvY2FsaG9zdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABJfcYPh+v4hVouiU
f1A8pBVu/Cgux2CN07fCXZ1M5lGYZarI9QZCxz5b5zT9LZoH2FMBIrkZVWnERlMK
nsgIiY2jSzBJMBoGA1UdEQQTMBGCCWxvY2FsaG9zdIcEfwAAATAMBgNVHRMEBTAD
AQH/MB0GA1UdDgQWBBSjdylqkYQz8YtNsAfPkWVphWrd2TAKBggqhkjOPQQDAgNI
ADBFAiAkp0G+BqKTO0lb0tlGqpIV3Gq70LqJbnikMmtOS2SJuwIhALcX5fzvUqck
eqf4JGK9Lp4Tou+9kqh1ETZJCv8k5Kfa
-----END CERTIFICATE-----
`;

export const testKey = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg1ptdFtjdp+qVHwNy
PtoUbR0+GNTgyHUCgoXegyn9K3ahRANCAASX3GD4fr+IVaLolH9QPKQVbvwoLsdg
jdO3wl2dTOZRmGWqyPUGQsc+W+c0/S2aB9hTASK5GVVpxEZTCp7ICImN
-----END PRIVATE KEY-----
`;
