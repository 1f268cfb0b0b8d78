// Changes each parameter of each SciJava command alone, and says whether the request to the algorithms holds it, under its name, and no other.
wrong = []
count = 0
clem.workflow.Commands.of(clem.schema.Schema.parse(clem.bridge.Bridges.get().schema())).each { operation ->
	type = Class.forName("clem.scijava." + operation.name.split("_").collect { it.capitalize() }.join("") + "Command")
	operation.parameters.each { parameter ->
		field = type.getDeclaredField(parameter.name)
		field.accessible = true
		command = type.getDeclaredConstructor().newInstance()
		standard = field.get(command)
		value = field.type == Boolean ? !standard : field.type == String ? (parameter.choices.find { it != standard } ?: "other") : standard == parameter.maximum ? (standard / 2) : field.type == Integer ? standard + 1 : (standard + parameter.maximum) / 2
		field.set(command, value.asType(field.type))
		command.given([parameter.name] as Set)
		asked = command.request().parameters
		count++
		if (asked.keySet() != [parameter.name] as Set || asked[parameter.name] == standard || "$value" != "${asked[parameter.name]}") wrong << "$operation.name $parameter.name = $value arrives as $asked"
	}
}
println wrong.empty ? "ALL PARAMETERS ARRIVE: $count" : wrong.join("\n")
