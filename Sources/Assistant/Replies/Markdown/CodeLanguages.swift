// File name extensions by the names that models give to languages behind a fence.

enum CodeLanguages {
  /// "txt" for what is not known.
  static func fileExtension(for info: String) -> String {
    let word = info.prefix { !$0.isWhitespace && !"{,:".contains($0) }
    let name = word.lowercased()
    if let known = extensions[name] { return known }
    // ```title.swift and the like name the file itself.
    if let dot = name.lastIndex(of: "."), name.index(after: dot) < name.endIndex {
      let suffix = String(name[name.index(after: dot)...])
      if let known = extensions[suffix] { return known }
    }
    return "txt"
  }

  private static let extensions: [String: String] = {
    var table: [String: String] = [:]
    for line in source.split(separator: "\n") {
      let words = line.split(separator: " ").map(String.init)
      for word in words { table[word] = words[0] }
    }
    return table
  }()

  /// The extension, then the names for it.
  private static let source = """
    adb ada
    asm assembly nasm x86asm armasm
    awk gawk
    bat batch cmd dos
    bicep
    c h
    clj clojure cljs
    cmake
    cob cobol
    coffee coffeescript
    conf apache apacheconf nginx
    cpp c++ cc cxx hpp
    cr crystal
    cs csharp c#
    css
    csv
    cu cuda
    d dlang
    dart
    diff patch udiff
    dockerfile docker containerfile
    dot graphviz
    el elisp emacs-lisp
    elm
    erl erlang
    ex elixir exs
    f90 fortran
    fs fsharp f#
    glsl
    go golang
    gradle
    graphql gql
    groovy jenkinsfile
    hcl
    hs haskell
    html htm xhtml vue svelte
    ini cfg dosini
    java
    jl julia
    js javascript node mjs cjs
    json jsonc json5
    jsonl ndjson
    jsx
    kt kotlin kts
    less
    lisp common-lisp commonlisp
    log logs
    lua
    m objective-c objectivec objc
    makefile make mk
    md markdown
    matlab octave
    ml ocaml
    mmd mermaid
    nim
    nix
    pas pascal delphi
    php
    pl perl
    properties
    proto protobuf
    ps1 powershell pwsh posh
    puml plantuml
    py python python3 py3 ipython pycon
    r rscript
    rb ruby
    rego opa
    rkt racket
    rs rust
    rst restructuredtext
    scala
    scm scheme
    scss sass
    sh bash shell zsh shellscript console shell-session sh-session terminal fish
    sol solidity
    sql mysql postgresql postgres plsql tsql sqlite
    sv systemverilog
    swift
    tcl
    tex latex
    tf terraform
    toml
    ts typescript mts
    tsx
    v verilog
    vb vbnet vba visualbasic
    vhd vhdl
    vim viml
    wat wasm
    xml svg xsd xslt plist
    yaml yml ansible
    zig
    """
}
