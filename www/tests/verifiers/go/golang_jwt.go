package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/golang-jwt/jwt"
)

// jwtVerifier verifies with golang-jwt, which fetches no keys.
type jwtVerifier struct {
	settings settings
	keys     *keySet
	parser   *jwt.Parser
}

func newJWTVerifier(s settings) *jwtVerifier {
	return &jwtVerifier{
		settings: s,
		keys:     newKeySet(s),
		parser:   jwt.NewParser(jwt.WithValidMethods([]string{"RS256"})),
	}
}

func (v *jwtVerifier) verify(ctx context.Context, token string) (claims, error) {
	all := jwt.MapClaims{}
	_, err := v.parser.ParseWithClaims(token, all, func(t *jwt.Token) (interface{}, error) {
		kid, ok := t.Header["kid"].(string)
		if !ok {
			return nil, errors.New("kid is missing")
		}
		return v.keys.key(ctx, kid)
	})
	if err != nil {
		return claims{}, err
	}
	// Version 4 checks exp only in tokens that have one, and leaves iss and aud to the caller.
	if _, ok := all["exp"]; !ok {
		return claims{}, errors.New("exp is missing")
	}
	if want := v.settings.issuer; want != "" && !all.VerifyIssuer(want, true) {
		return claims{}, fmt.Errorf("iss is not %s", want)
	}
	if want := v.settings.audience; want != "" && !all.VerifyAudience(want, true) {
		return claims{}, fmt.Errorf("aud is not %s", want)
	}
	tokenType, _ := all["token_type"].(string)
	username, _ := all["username"].(string)
	return claims{TokenType: tokenType, Username: username}, nil
}
