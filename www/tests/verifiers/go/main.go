// A resource server on loopback: GET /<library>/protected verifies a bearer token with a library.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

// settings come from environment variables.
type settings struct {
	port    string
	jwksURL string
	// The required iss and aud; empty for an issuer that sets neither.
	issuer, audience string
	// The time for which the key set may be cached; 0 for the max-age of the issuer's responses.
	maxAge time.Duration
}

func settingsFromEnv() (settings, error) {
	s := settings{
		port:     os.Getenv("PORT"),
		jwksURL:  os.Getenv("JWKS_URL"),
		issuer:   os.Getenv("ISSUER"),
		audience: os.Getenv("AUDIENCE"),
	}
	if seconds := os.Getenv("JWKS_MAX_AGE"); seconds != "" {
		n, err := strconv.Atoi(seconds)
		if err != nil {
			return s, err
		}
		s.maxAge = time.Duration(n) * time.Second
	}
	return s, nil
}

// claims are the private claims of the issuer's tokens.
type claims struct {
	TokenType string `json:"token_type"`
	Username  string `json:"username"`
}

// verifier returns the claims of a valid token.
type verifier interface {
	verify(ctx context.Context, token string) (claims, error)
}

var errNotAccess = errors.New("token_type is not access")

func protected(v verifier) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		scheme, token, found := strings.Cut(r.Header.Get("Authorization"), " ")
		if !found || !strings.EqualFold(scheme, "Bearer") {
			unauthorized(w, errors.New("no bearer token"))
			return
		}
		c, err := v.verify(r.Context(), token)
		if err != nil {
			unauthorized(w, err)
			return
		}
		// The issuer signs refresh tokens with the same keys.
		if c.TokenType != "access" {
			unauthorized(w, errNotAccess)
			return
		}
		respond(w, http.StatusOK, map[string]string{"username": c.Username})
	}
}

func unauthorized(w http.ResponseWriter, err error) {
	w.Header().Set("WWW-Authenticate", "Bearer")
	respond(w, http.StatusUnauthorized, map[string]string{"detail": err.Error()})
}

func respond(w http.ResponseWriter, status int, body map[string]string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		log.Print(err)
	}
}

func main() {
	s, err := settingsFromEnv()
	if err != nil {
		log.Fatal(err)
	}
	oidcVerifier, err := newOIDCVerifier(context.Background(), s)
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/golang-jwt/protected", protected(newJWTVerifier(s)))
	mux.HandleFunc("/go-oidc/protected", protected(oidcVerifier))
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		respond(w, http.StatusOK, map[string]string{"libraries": "golang-jwt, go-oidc"})
	})
	log.Fatal(http.ListenAndServe(net.JoinHostPort("127.0.0.1", s.port), mux))
}
