# Certificates of the tests' own, in the folder $0, for tests that run this as `bash -c`: an authority (`ca`), certificates that it signed for
# a server called localhost or db.test (`server`) and for a client (`client`), and another authority that signed nothing (`other`). Keys are in
# `.key`, certificates in `.crt`, the server's both in `server.pem`.
set -e
cd "$0"
for ca in ca other; do
  openssl ecparam -name prime256v1 -genkey -noout -out $ca.key
  openssl req -x509 -new -key $ca.key -sha256 -days 2 -subj "/CN=$ca" -addext keyUsage=critical,keyCertSign -out $ca.crt
done
leaf() {
  openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt -out $1.key
  openssl req -new -key $1.key -subj /CN=$1 -out $1.csr
  printf 'basicConstraints=CA:FALSE\nextendedKeyUsage=%s\nsubjectAltName=DNS:localhost,DNS:db.test\n' $2 >$1.ext
  openssl x509 -req -in $1.csr -CA ca.crt -CAkey ca.key -CAcreateserial -sha256 -days 2 -extfile $1.ext -out $1.crt
}
leaf server serverAuth
leaf client clientAuth
cat server.key server.crt >server.pem
