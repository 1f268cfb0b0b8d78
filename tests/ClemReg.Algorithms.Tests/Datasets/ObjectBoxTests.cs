using ClemReg.Algorithms.Datasets;
using ClemReg.Algorithms.Detection;

namespace ClemReg.Algorithms.Tests.Datasets;

/// <summary>Tables and folders of boxes, and what is wrong with them.</summary>
public sealed class ObjectBoxTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("clemreg-boxes").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_table_comes_back_as_it_was()
    {
        var boxes = new ObjectBoxes(["mito", "a, \"b\""], [new(0, new DetectedBox(0, 1, 1, 2, 11.5, 22)), new(6, new DetectedBox(1, 0.25, 3, 4, 5, 6))]);
        ObjectBoxes read = ObjectBoxTable.Read(ObjectBoxTable.Write(boxes));
        Assert.Equal(boxes.Classes, read.Classes);
        Assert.Equal(boxes.Boxes, read.Boxes);
        Assert.Equal([0, 6], read.Slices);
    }

    [Fact]
    public void Classes_come_from_numbers_from_names_or_from_the_list()
    {
        Assert.Equal(["class_0", "class_1", "mito"], ObjectBoxTable.Read("slice,class,name,x,y,width,height\n1,2,mito,1,1,2,2\n1,0,,1,1,2,2\n").Classes);
        ObjectBoxes byName = ObjectBoxTable.Read("slice;name;x;y;width;height\n1;nucleus;1;1;2;2\n1;mito;1;1;2;2\n");
        Assert.Equal(["mito", "nucleus"], byName.Classes);
        Assert.Equal([1, 0], byName.Boxes.Select(b => b.Box.Class));
        ObjectBoxes listed = ObjectBoxTable.Read("slice\tname\tx\ty\twidth\theight\n1\tmito\t1\t1\t2\t2\n", ["nucleus", "golgi", "mito"]);
        Assert.Equal(2, listed.Boxes[0].Box.Class);
        Assert.Equal(3, listed.Classes.Count);
    }

    [Theory]
    [InlineData("slice,class,x,y,width\n", "there is no column height")]
    [InlineData("slice,x,y,width,height\n", "there is no column class or name")]
    [InlineData("slice,class,x,y,width,height\n0,0,1,1,2,2\n", "line 2: slice is '0'")]
    [InlineData("slice,class,x,y,width,height\n1,0,1,1,2,2\n1,0,1,one,2,2\n", "line 3: y is 'one'")]
    [InlineData("slice,class,x,y,width,height\n1,0,1,1,0,2\n", "line 2: width is '0'")]
    [InlineData("slice,class,x,y,width,height\n1,0,1,1,NaN,2\n", "line 2: width is 'NaN'")]
    [InlineData("slice,class,x,y,width,height\n1,-1,1,1,2,2\n", "line 2: class is '-1'")]
    [InlineData("slice,class,x,y,width,height\n1,5,1,1,2,2\n", "class 5, but 2 classes are named (0 to 1)")]
    [InlineData("slice,name,x,y,width,height\n1,golgi,1,1,2,2\n", "'golgi' is not among the named ones: mito, nucleus")]
    [InlineData("slice,class,name,x,y,width,height\n1,0,nucleus,1,1,2,2\n", "class 0 is called 'nucleus', but the names say 'mito'")]
    [InlineData("slice,class,name,x,y,width,height\n1,,,1,1,2,2\n", "line 2: the box has no class")]
    [InlineData("slice,class,x,y,width,height,score\n1,0,1,1,2,2,1.5\n", "line 2: score is '1.5'")]
    public void A_table_with_a_fault_names_its_line(string text, string message) =>
        Assert.Contains(message, Assert.Throws<BadInputException>(() => ObjectBoxTable.Read(text, ["mito", "nucleus"])).Message, StringComparison.Ordinal);

    [Fact]
    public void Two_names_of_one_number_are_refused() =>
        Assert.Contains("class 0 is called 'b' here and 'a' above", Assert.Throws<BadInputException>(() => ObjectBoxTable.Read("slice,class,name,x,y,width,height\n1,0,a,1,1,2,2\n1,0,b,1,1,2,2\n")).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("", "there are no names")]
    [InlineData("a\n\nb\n", "line 2 is empty")]
    [InlineData("a\nb\na\n", "line 3: 'a' is the name of class 0")]
    public void A_list_of_names_with_a_fault_is_refused(string text, string message) =>
        Assert.Contains(message, Assert.Throws<BadInputException>(() => ObjectBoxTable.ReadNames(text)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("slice\n1\n", "line 1")]
    [InlineData("slice,annotated\n1,2\n", "line 2")]
    [InlineData("slice,annotated\n1,1\n1,0\n", "line 3: slice 1 is there twice")]
    public void A_list_of_slices_with_a_fault_is_refused(string text, string message) =>
        Assert.Contains(message, Assert.Throws<BadInputException>(() => ObjectBoxTable.ReadSlices(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void Only_slices_that_are_marked_count_as_annotated()
    {
        Put("boxes.csv", "slice,class,name,x,y,width,height,score\n1,0,mito,1,1,2,2,1\n5,0,mito,1,1,2,2,0.4\n");
        Assert.Equal([0, 4], Read().Slices);
        Put("slices.csv", ObjectBoxTable.WriteSlices([(0, true), (4, false), (8, true)]));
        Assert.Equal([0, 8], Read().Slices);
        Assert.Equal([0, 8], ObjectBoxFolder.Read(Path.Combine(_folder, "boxes.csv"), 10, 20, 30, null).Slices);
        Put("obj.names", "nucleus\nmito\n");
        Assert.Contains("boxes.csv: line 2: class 0 is called 'mito'", Refused(), StringComparison.Ordinal);
    }

    [Fact]
    public void Texts_by_slice_are_read_with_empty_ones_as_annotated()
    {
        Put("labels/slice_0003.txt", "0 0.5 0.5 0.2 0.1 0.75\n");
        Put("labels/slice_0007.txt", "");
        ObjectBoxes boxes = Read();
        Assert.Equal([2, 6], boxes.Slices);
        Assert.Equal(["class_0"], boxes.Classes);
        DetectedBox box = Assert.Single(boxes.Boxes).Box;
        Assert.Equal((12, 9, 18, 11, 0.75), (Math.Round(box.Left, 6), Math.Round(box.Top, 6), Math.Round(box.Right, 6), Math.Round(box.Bottom, 6), box.Score));
        Put("labels/em_z0007.txt", "");
        Assert.Contains("both of slice 7", Refused(), StringComparison.Ordinal);
    }

    [Fact]
    public void Folders_that_hold_none_and_boxes_of_another_image_are_refused()
    {
        Assert.Contains("holds neither boxes.csv nor texts", Refused(), StringComparison.Ordinal);
        Put("boxes.csv", "slice,class,x,y,width,height\n11,0,1,1,2,2\n");
        Assert.Contains("slice 11, but the image has 10 slices", Refused(), StringComparison.Ordinal);
        Put("boxes.csv", "slice,class,x,y,width,height\n1,0,40,1,2,2\n");
        Assert.Contains("x = 40, y = 1 lies outside the image of 30 x 20 pixels", Refused(), StringComparison.Ordinal);
        Assert.Throws<NotFoundException>(() => ObjectBoxFolder.Read(Path.Combine(_folder, "none"), 10, 20, 30, null));
    }

    private ObjectBoxes Read() => ObjectBoxFolder.Read(_folder, 10, 20, 30, null);

    private string Refused() => Assert.Throws<BadInputException>(Read).Message;

    private void Put(string name, string text)
    {
        string path = Path.Combine(_folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}
