/** Makes, in the host, a certificate for castellan.test by an authority of the tests' own: `/etc/tls/{ca,cert,key}.pem`. */
export const makeCertificate = `
  mkdir -p /etc/tls && cd /etc/tls
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=Test CA" -keyout ca.key -out ca.pem
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=castellan.test" -keyout key.pem -out request.pem
  echo "subjectAltName=DNS:castellan.test" > names
  openssl x509 -req -in request.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out cert.pem`

/** Options that have nginx serve with it. */
export const certificateOptions =
  'nginx = { hostName = "castellan.test"; tls = { certificate = "/etc/tls/cert.pem"; key = "/etc/tls/key.pem"; }; };'
