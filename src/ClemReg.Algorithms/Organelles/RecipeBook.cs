using System.Text.Json;
using System.Text.Json.Nodes;
using ClemReg.Algorithms.Inference.ImageModels;
using ClemReg.Algorithms.Transforms.Interchange;

namespace ClemReg.Algorithms.Organelles;

/// <summary>The recipes of several classes: recipes.json (docs/formats/recipes.md).</summary>
public sealed class RecipeBook
{
    /// <summary>The key of the recipe for classes that have none of their own.</summary>
    public const string Otherwise = "default";

    private const string Format = "clemreg-recipes";
    private const int Version = 1;

    /// <summary>How far organelles of which a threshold often takes a part only reach over their boxes: allows for boxes that are a little off.</summary>
    private const double MostlyReached = 0.75;

    private static readonly Recipe Dark = new() { Polarity = Polarity.Dark, Margin = 50, Blur = 8, Erode = 5, Dilate = 5, FillHoles = true };
    private static readonly Recipe Bright = Dark with { Polarity = Polarity.Bright, Reach = MostlyReached };
    private static readonly Recipe Ellipse = new() { Pixels = PixelSource.Ellipse };
    private static readonly string[] Keys = ["pixels", "unit", "margin", "polarity", "blur", "erode", "dilate", "threshold", "reach", "largest_component", "fill_holes"];

    private readonly List<(string Name, Recipe Recipe)> _recipes = [];

    private RecipeBook(string file, bool builtIn) => (File, IsBuiltIn) = (file, builtIn);

    /// <summary>Whether the book is one of <see cref="Presets"/>.</summary>
    public bool IsBuiltIn { get; }

    /// <summary>What classes get that no book knows.</summary>
    public static Recipe Unknown => Dark;

    /// <summary>Where the recipes come from, for messages.</summary>
    public string File { get; }

    /// <summary>The classes' names, in their order; <see cref="Otherwise"/> is none.</summary>
    public IReadOnlyList<string> Classes => [.. _recipes.Where(r => r.Name != Otherwise).Select(r => r.Name)];

    /// <summary>The names of the books that are built in: the papers' two lists of classes.</summary>
    public static IReadOnlyList<string> Presets { get; } = ["hela", "yeast"];

    /// <summary>
    /// A book that is built in. hela: early endosomes are bright, late endosomes, mitochondria and the nucleus dark, lysosomes ellipses, as in the paper. yeast: the paper has the names but no recipes; these are ours.
    /// Its lengths are ours in both.
    /// </summary>
    /// <exception cref="BadInputException">There is no such book.</exception>
    public static RecipeBook Preset(string name)
    {
        var book = new RecipeBook($"the recipes {name}", true);
        (string, Recipe)[] recipes = name switch
        {
            "hela" => [("early endosomes", Bright), ("late endosomes", Dark), ("mitochondria", Dark), ("lysosomes", Ellipse), ("nucleus", Large(Dark))],
            "yeast" => [("cell", Large(Dark)), ("nucleus", Large(Dark)), ("mitochondria", Dark), ("Golgi", Dark), ("vacuoles", Large(Dark)), ("multivesicular bodies", Ellipse), ("lipid droplets", Bright)],
            _ => throw BadInputException.ForParameter("recipe_preset", name, "one of " + string.Join(", ", Presets)),
        };
        book._recipes.AddRange(recipes);
        return book;

        static Recipe Large(Recipe recipe) => recipe with { Blur = 30, Erode = 30, Dilate = 30, Reach = MostlyReached };
    }

    /// <summary>A book of one recipe for all classes.</summary>
    public static RecipeBook ForAll(Recipe recipe)
    {
        var book = new RecipeBook("the recipe", false);
        book._recipes.Add((Otherwise, recipe));
        return book;
    }

    /// <summary>The recipe of a class: its own, in any spelling, or the default; null where there is neither.</summary>
    public Recipe? Find(string name)
    {
        string key = OrganelleClass.Key(name);
        foreach ((string own, Recipe recipe) in _recipes)
            if (own != Otherwise && OrganelleClass.Key(own) == key) return recipe;
        foreach ((string own, Recipe recipe) in _recipes)
            if (own == Otherwise) return recipe;
        return null;
    }

    /// <summary>Reads a book.</summary>
    /// <param name="text">JSON; comments and trailing commas are passed over.</param>
    /// <param name="file">What messages call it.</param>
    /// <exception cref="BadInputException">No JSON, another format or version, an unknown key, a value that is not allowed, a class twice, or no recipe.</exception>
    public static RecipeBook Read(string text, string file)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            var root = new CardJson(document.RootElement, file, "");
            root.Only("format", "version", "unit", "recipes", "comment");
            if (root.Text("format") is { } format && format != Format) throw BadInputException.ForParameter($"{file}: format", format, Format, "Is it another file?");
            if (root.Whole("version") is { } version && version != Version) throw BadInputException.ForParameter($"{file}: version", version, $"{Version}", "It was written by a newer version of this software.");
            RecipeUnit unit = root.Choice("unit", RecipeUnit.Nm, RecipeUnit.Px) ?? RecipeUnit.Nm;
            if (!document.RootElement.TryGetProperty("recipes", out JsonElement recipes) || recipes.ValueKind != JsonValueKind.Object || !recipes.EnumerateObject().Any())
                throw new BadInputException($"{file}: there is no recipe: \"recipes\" must be an object such as {{\"mitochondria\": {{\"polarity\": \"dark\", \"blur\": 10}}}}.");
            var book = new RecipeBook(file, false);
            foreach (JsonProperty property in recipes.EnumerateObject())
            {
                if (property.Name.Trim().Length == 0) throw new BadInputException($"{file}: a recipe has no name: it must be that of a class.");
                string? same = book._recipes.Select(r => r.Name).FirstOrDefault(n => OrganelleClass.Key(n) == OrganelleClass.Key(property.Name));
                if (same is not null) throw new BadInputException($"{file}: {same} and {property.Name} are the same class: keep one.");
                book._recipes.Add((property.Name, One(new CardJson(property.Value, file, $"recipes.{property.Name}."), unit, file, property.Name)));
            }
            return book;
        }
        catch (JsonException e)
        {
            throw new BadInputException($"{file} is not JSON: {e.Message}", e);
        }
    }

    /// <summary>Recipes of classes as a book's JSON.</summary>
    public static string Write(IEnumerable<(string Class, Recipe Recipe)> recipes)
    {
        var json = new JsonObject();
        foreach ((string name, Recipe recipe) in recipes) json[name] = Json(recipe);
        return new JsonObject { ["format"] = Format, ["version"] = Version, ["unit"] = "nm", ["recipes"] = json }.ToJsonString(NgffAffine.JsonOptions) + "\n";
    }

    /// <summary>The book as JSON.</summary>
    public string Write() => Write(_recipes);

    private static Recipe One(CardJson json, RecipeUnit unit, string file, string name)
    {
        json.Only(Keys);
        var standard = new Recipe();
        var recipe = new Recipe
        {
            Pixels = json.Choice("pixels", Enum.GetValues<PixelSource>()) ?? standard.Pixels,
            Unit = json.Choice("unit", RecipeUnit.Nm, RecipeUnit.Px) ?? unit,
            Margin = json.Number("margin") ?? 0,
            Polarity = json.Choice("polarity", Polarity.Dark, Polarity.Bright) ?? standard.Polarity,
            Blur = json.Number("blur") ?? 0,
            Erode = json.Number("erode") ?? 0,
            Dilate = json.Number("dilate") ?? 0,
            Level = json.NumberOr("threshold", "otsu"),
            Reach = json.Number("reach") ?? 0,
            LargestComponent = json.Flag("largest_component") ?? standard.LargestComponent,
            FillHoles = json.Flag("fill_holes") ?? standard.FillHoles,
        };
        foreach ((string key, double length) in new[] { ("margin", recipe.Margin), ("blur", recipe.Blur), ("erode", recipe.Erode), ("dilate", recipe.Dilate) })
            if (!(length >= 0)) throw BadInputException.ForParameter($"{file}: recipes.{name}.{key}", length, "0 or more");
        if (!(recipe.Reach is >= 0 and <= 1)) throw BadInputException.ForParameter($"{file}: recipes.{name}.reach", recipe.Reach, "a share of the box from 0 to 1");
        return recipe;
    }

    private static JsonObject Json(Recipe recipe)
    {
        var json = new JsonObject { ["pixels"] = Word(recipe.Pixels) };
        if (recipe.Pixels != PixelSource.Threshold) return json;
        if (recipe.Unit == RecipeUnit.Px) json["unit"] = "px";
        json["margin"] = recipe.Margin;
        json["polarity"] = Word(recipe.Polarity);
        json["blur"] = recipe.Blur;
        json["erode"] = recipe.Erode;
        json["dilate"] = recipe.Dilate;
        json["threshold"] = recipe.Level is { } level ? JsonValue.Create(level) : JsonValue.Create("otsu");
        json["reach"] = recipe.Reach;
        json["largest_component"] = recipe.LargestComponent;
        json["fill_holes"] = recipe.FillHoles;
        return json;

        static string Word<T>(T value) where T : struct, Enum => value.ToString().ToLowerInvariant();
    }
}
