// Note-tlog verifies a transparency log with golang.org/x/mod/sumdb/{note,tlog}, the code behind
// Go's checksum database: an implementation that shares nothing with the ledger's own.
//
//	note-tlog [-older FILE] [-token TOKEN] URL|DIRECTORY VKEY_FILE
//
// The log is laid out as C2SP tlog-tiles below that URL or directory: checkpoint, tile/<L>/<N>,
// tile/entries/<N>. It prints "accepted size=N" and exits 0, or prints "refused: <reason>" and
// exits 1; 2 is wrong usage.
package main

import (
	"flag"
	"fmt"
	"os"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func main() {
	older := flag.String("older", "", "file with an older checkpoint that the log must continue")
	token := flag.String("token", "", "bearer token for the log's server")
	flag.Usage = func() {
		fmt.Fprintln(os.Stderr, "usage: note-tlog [-older FILE] [-token TOKEN] URL|DIRECTORY VKEY_FILE")
		flag.PrintDefaults()
	}
	flag.Parse()
	if flag.NArg() != 2 {
		flag.Usage()
		os.Exit(2)
	}
	size, err := verify(newSource(flag.Arg(0), *token), flag.Arg(1), *older)
	if err != nil {
		fmt.Println("refused:", err)
		os.Exit(1)
	}
	fmt.Printf("accepted size=%d\n", size)
}

// verify checks the whole log and, unless older is empty, that it continues that checkpoint.
func verify(log source, vkeyFile, older string) (int64, error) {
	vkey, err := os.ReadFile(vkeyFile)
	if err != nil {
		return 0, err
	}
	verifier, err := note.NewVerifier(strings.TrimSpace(string(vkey)))
	if err != nil {
		return 0, fmt.Errorf("verifier key: %w", err)
	}
	signed, err := log.read("checkpoint")
	if err != nil {
		return 0, err
	}
	tree, err := openCheckpoint(signed, verifier)
	if err != nil {
		return 0, fmt.Errorf("checkpoint: %w", err)
	}
	hashes := tlog.TileHashReader(tree, newTiles(log))
	// For an empty tree this is the only check there is; otherwise the reader checks the tiles too.
	root, err := tlog.TreeHash(tree.N, hashes)
	if err != nil {
		return 0, fmt.Errorf("tree hash: %w", err)
	}
	if root != tree.Hash {
		return 0, fmt.Errorf("tree hash is %v, the checkpoint says %v", root, tree.Hash)
	}
	if older != "" {
		if err := checkOlder(older, verifier, tree, hashes); err != nil {
			return 0, fmt.Errorf("older checkpoint: %w", err)
		}
	}
	return tree.N, checkEntries(log, tree, hashes)
}

// checkOlder proves, and checks the proof, that tree continues the checkpoint in the file.
func checkOlder(file string, verifier note.Verifier, tree tlog.Tree, hashes tlog.HashReader) error {
	signed, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	old, err := openCheckpoint(signed, verifier)
	if err != nil {
		return err
	}
	if old.N > tree.N {
		return fmt.Errorf("it has %d entries, the log only %d", old.N, tree.N)
	}
	if old.N == 0 {
		return nil
	}
	proof, err := tlog.ProveTree(tree.N, old.N, hashes)
	if err != nil {
		return err
	}
	return tlog.CheckTree(proof, tree.N, tree.Hash, old.N, old.Hash)
}

// checkEntries hashes every entry, and looks each hash up in the tree through the tiles, which
// the hash reader proves to belong to the checkpoint. The last entry of each bundle also gets a
// proof of inclusion.
func checkEntries(log source, tree tlog.Tree, hashes tlog.HashReader) error {
	for first := int64(0); first < tree.N; first += tileWidth {
		width := min(tileWidth, tree.N-first)
		path := tilePath("entries", first/tileWidth, width)
		bundle, err := log.readTile(path)
		if err != nil {
			return err
		}
		entries, err := splitBundle(bundle)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if len(entries) > tileWidth || int64(len(entries)) < width {
			return fmt.Errorf("%s: %d entries, not %d", path, len(entries), width)
		}
		indexes := make([]int64, width)
		for i := range indexes {
			indexes[i] = tlog.StoredHashIndex(0, first+int64(i))
		}
		want, err := hashes.ReadHashes(indexes)
		if err != nil {
			return fmt.Errorf("leaf hashes from %d on: %w", first, err)
		}
		for i, entry := range entries[:width] {
			if tlog.RecordHash(entry) != want[i] {
				return fmt.Errorf("entry %d does not have the hash in the tree", first+int64(i))
			}
		}
		last := first + width - 1
		proof, err := tlog.ProveRecord(tree.N, last, hashes)
		if err != nil {
			return fmt.Errorf("proof of entry %d: %w", last, err)
		}
		if err := tlog.CheckRecord(proof, tree.N, tree.Hash, last, tlog.RecordHash(entries[width-1])); err != nil {
			return fmt.Errorf("proof of entry %d: %w", last, err)
		}
	}
	return nil
}
