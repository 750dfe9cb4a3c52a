/** A throw-away Ed25519 key as `ssh-keygen -t ed25519 -N ''` wrote it; used by nothing but tests. */
export const SIGNING_IDENTITY = `-----BEGIN OPENSSH PRIVATE KEY-----
b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW
QyNTUxOQAAACBqg6imHaKcpquHCR4lDPj9ZieOKhxONSrARZjlMSXlPAAAAJDDBu1cwwbt
XAAAAAtzc2gtZWQyNTUxOQAAACBqg6imHaKcpquHCR4lDPj9ZieOKhxONSrARZjlMSXlPA
AAAEC+x0X9dGJ3nvmCN+6v56ZQTlH+hhMFiXo7ksU7mfUg3mqDqKYdopymq4cJHiUM+P1m
J44qHE41KsBFmOUxJeU8AAAACnNlcmluLXRlc3QBAgM=
-----END OPENSSH PRIVATE KEY-----
`;

/** Its public half, as ssh-keygen wrote it. */
export const SIGNING_PUBLIC = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGqDqKYdopymq4cJHiUM+P1mJ44qHE41KsBFmOUxJeU8';
