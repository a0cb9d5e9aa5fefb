package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

const (
	tileHeight = 8
	tileWidth  = 1 << tileHeight
)

// A source reads a log's files by their paths in C2SP tlog-tiles; a missing one is fs.ErrNotExist.
type source struct {
	read func(path string) ([]byte, error)
}

// newSource is the log below a URL or a directory.
func newSource(base, token string) source {
	if !strings.HasPrefix(base, "http://") && !strings.HasPrefix(base, "https://") {
		return source{func(path string) ([]byte, error) {
			return os.ReadFile(filepath.Join(base, filepath.FromSlash(path)))
		}}
	}
	client := &http.Client{Timeout: 30 * time.Second}
	return source{func(path string) ([]byte, error) {
		request, err := http.NewRequest(http.MethodGet, strings.TrimSuffix(base, "/")+"/"+path, nil)
		if err != nil {
			return nil, err
		}
		if token != "" {
			request.Header.Set("Authorization", "Bearer "+token)
		}
		response, err := client.Do(request)
		if err != nil {
			return nil, err
		}
		defer response.Body.Close()
		switch response.StatusCode {
		case http.StatusOK:
			return io.ReadAll(response.Body)
		case http.StatusNotFound:
			return nil, fmt.Errorf("%s: %w", path, fs.ErrNotExist)
		default:
			return nil, fmt.Errorf("%s: status %d", path, response.StatusCode)
		}
	}}
}

// readTile reads a tile or bundle, the full one in place of a partial one that is gone.
func (s source) readTile(path string) ([]byte, error) {
	data, err := s.read(path)
	full, _, partial := strings.Cut(path, ".p/")
	if partial && errors.Is(err, fs.ErrNotExist) {
		return s.read(full)
	}
	return data, err
}

// tilePath is the path of a tile or, at level "entries", of a bundle.
func tilePath(level string, n, width int64) string {
	// Tile.Path is the same but for the height, which tlog-tiles fixes at 8 and leaves out.
	path := tlog.Tile{H: tileHeight, L: 0, N: n, W: int(width)}.Path()
	return "tile/" + level + strings.TrimPrefix(path, fmt.Sprintf("tile/%d/0", tileHeight))
}

// tiles is a tlog.TileReader over a source. It keeps the verified tiles above the leaves, which
// every proof needs, and the last verified tile of leaves.
type tiles struct {
	log   source
	upper map[tlog.Tile][]byte
	leaf  map[tlog.Tile][]byte
}

func newTiles(log source) *tiles {
	return &tiles{log, map[tlog.Tile][]byte{}, map[tlog.Tile][]byte{}}
}

func (t *tiles) Height() int { return tileHeight }

func (t *tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	rows := make([][]byte, len(wanted))
	for i, tile := range wanted {
		if row, ok := t.upper[tile]; ok {
			rows[i] = row
			continue
		}
		if row, ok := t.leaf[tile]; ok {
			rows[i] = row
			continue
		}
		path := tilePath(fmt.Sprint(tile.L), tile.N, int64(tile.W))
		row, err := t.log.readTile(path)
		if err != nil {
			return nil, err
		}
		if len(row) < tile.W*tlog.HashSize {
			return nil, fmt.Errorf("%s: %d bytes", path, len(row))
		}
		rows[i] = row[:tile.W*tlog.HashSize]
	}
	return rows, nil
}

func (t *tiles) SaveTiles(verified []tlog.Tile, rows [][]byte) {
	for i, tile := range verified {
		if tile.L > 0 || tile.W < tileWidth {
			t.upper[tile] = rows[i]
		} else if _, ok := t.leaf[tile]; !ok {
			t.leaf = map[tlog.Tile][]byte{tile: rows[i]}
		}
	}
}
