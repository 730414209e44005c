// Runs a Python program with Pyodide under node: node run.mjs <folder of the npm package> <project> <program>
import { pathToFileURL } from "node:url";

const [home, project, program] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(`${home}/pyodide.mjs`));
const pyodide = await loadPyodide({ indexURL: home });
pyodide.mountNodeFS("/project", project);
pyodide.runPython("import sys; sys.path.insert(0, '/project')");
console.log(await pyodide.runPythonAsync(program));
