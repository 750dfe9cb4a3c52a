// Runs a Lua script as Argo CD does (util/lua/lua.go): `lua SCRIPT < OBJECT` sets the object as `obj`, opens the same
// libraries but for `os`, and prints the table that the script returns as JSON. So neither `string` nor `math` is there.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// Argo CD's limit.
const patience = time.Second

func main() {
	if len(os.Args) != 2 {
		fail(64, "Cannot run: want one argument, the script, and the object as JSON on standard input")
	}
	var object any
	if err := json.NewDecoder(os.Stdin).Decode(&object); err != nil {
		fail(65, "Cannot read the object on standard input: %v", err)
	}
	result, err := run(os.Args[1], object)
	if err != nil {
		fail(1, "Cannot run %s: %v", os.Args[1], err)
	}
	if err := json.NewEncoder(os.Stdout).Encode(result); err != nil {
		fail(1, "Cannot print what %s returned: %v", os.Args[1], err)
	}
}

func fail(code int, format string, values ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", values...)
	os.Exit(code)
}

func run(script string, object any) (any, error) {
	state := lua.NewState(lua.Options{SkipOpenLibs: true})
	defer state.Close()
	libraries := []struct {
		name string
		open lua.LGFunction
	}{
		{lua.LoadLibName, lua.OpenPackage},
		{lua.BaseLibName, lua.OpenBase},
		{lua.TabLibName, lua.OpenTable},
	}
	for _, library := range libraries {
		call := lua.P{Fn: state.NewFunction(library.open), Protect: true}
		if err := state.CallByParam(call, lua.LString(library.name)); err != nil {
			return nil, err
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	state.SetContext(ctx)
	state.SetGlobal("obj", toLua(state, object))
	if err := state.DoFile(script); err != nil {
		return nil, err
	}
	table, ok := state.Get(-1).(*lua.LTable)
	if !ok {
		return nil, fmt.Errorf("it returned a %s, want a table", state.Get(-1).Type())
	}
	return fromLua(table), nil
}

func toLua(state *lua.LState, value any) lua.LValue {
	switch value := value.(type) {
	case bool:
		return lua.LBool(value)
	case float64:
		return lua.LNumber(value)
	case string:
		return lua.LString(value)
	case []any:
		table := state.CreateTable(len(value), 0)
		for _, item := range value {
			table.Append(toLua(state, item))
		}
		return table
	case map[string]any:
		table := state.CreateTable(0, len(value))
		for key, item := range value {
			table.RawSetString(key, toLua(state, item))
		}
		return table
	default:
		return lua.LNil
	}
}

// An empty table is an empty list, as in Argo CD.
func fromLua(value lua.LValue) any {
	switch value := value.(type) {
	case lua.LBool:
		return bool(value)
	case lua.LNumber:
		return float64(value)
	case lua.LString:
		return string(value)
	case *lua.LTable:
		list := make([]any, 0, value.Len())
		fields := map[string]any{}
		value.ForEach(func(key, item lua.LValue) {
			if _, ok := key.(lua.LNumber); ok {
				list = append(list, fromLua(item))
			} else {
				fields[key.String()] = fromLua(item)
			}
		})
		if len(fields) == 0 {
			return list
		}
		return fields
	default:
		return nil
	}
}
