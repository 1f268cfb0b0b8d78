#@ org.scijava.script.ScriptService service
#@ File folder
// Runs each Groovy example of a folder without an argument, as a user who presses Run, with its name before what it says.
folder.listFiles().findAll { it.name.endsWith(".groovy") }.sort().each {
	println "EXAMPLE $it.name"
	service.run(it, true, [:]).get()
}
